using System.Text;

namespace Ingestion.Overlord.Commands;

/// <summary>Commands about supervisors: thin calls, with the answer as a table or, with <c>--json</c>, as it came.</summary>
internal static class SupervisorCommands
{
    public const string Path = "/druid/indexer/v1/supervisor";

    public static async Task<int> ListAsync(CommandCall call)
    {
        var answer = await call.Overlord.GetAsync($"{Path}?system=true", call.Stop);
        if (call.ShowsRaw(answer)) return ExitCode.Done;
        var table = new TextTable("SUPERVISOR", "STATE", "HEALTHY", "STREAM");
        foreach (var supervisor in answer.Json.EnumerateArray()) table.Add(supervisor.Text("id"), supervisor.Text("detailedState"), supervisor.Flag("healthy") ? "yes" : "no", supervisor.Text("source"));
        call.Write(table, "There are no supervisors.");
        return ExitCode.Done;
    }

    public static async Task<int> StatusAsync(CommandCall call)
    {
        var answer = await call.Overlord.GetAsync(PathOf(call.Operand, "status"), call.Stop);
        if (!call.ShowsRaw(answer)) StatusText.Write(call.Operand, answer.Json.Member("payload") ?? default, call);
        return ExitCode.Done;
    }

    public static async Task<int> ExplainAsync(CommandCall call)
    {
        var answer = await call.Overlord.GetAsync(PathOf(call.Operand, "explain"), call.Stop);
        if (!call.ShowsRaw(answer)) ExplainText.Write(call.Operand, answer.Json, call);
        return ExitCode.Done;
    }

    public static Task<int> SuspendAsync(CommandCall call) => DoAsync(call, "suspend", "is suspended: its tasks publish what they have read and end");

    public static Task<int> ResumeAsync(CommandCall call) => DoAsync(call, "resume", "runs again");

    public static async Task<int> TerminateAsync(CommandCall call)
    {
        if (!await call.IsMeantAsync($"Terminate supervisor [{call.Operand}]? Its tasks publish what they have read and end; its offsets are kept. (y/n) ", "y")) return ExitCode.Refused;
        return await DoAsync(call, "terminate", "is terminated");
    }

    public static async Task<int> ResetAsync(CommandCall call)
    {
        var to = call.Arguments["--to"];
        if (to is not (null or "earliest" or "latest")) throw CommandFailure.Usage($"--to is [{to}]: earliest or latest is expected");
        var question = $"Reset supervisor [{call.Operand}]? Its tasks are stopped without publishing, and it reads on from {(to is null ? "where useEarliestOffset says" : $"the {to} offsets")}: records may be skipped, or read twice. Type its id to go on: ";
        return await call.IsMeantAsync(question, call.Operand) ? await DoAsync(call, to is null ? "reset" : $"reset?to={to}", $"is reset{(to is null ? "" : $" to the {to} offsets")}") : ExitCode.Refused;
    }

    public static async Task<int> SubmitAsync(CommandCall call)
    {
        var dryRun = call.Arguments.Has("--dry-run");
        var spec = await SpecFile.ReadAsync(call.Operand, call.Terminal, call.Stop);
        var answer = await call.Overlord.PostAsync(dryRun ? $"{Path}?dryRun=true" : Path, spec, call.Stop);
        if (call.ShowsRaw(answer)) return ExitCode.Done;
        if (dryRun) ExplainText.WriteRehearsal(answer.Json, call);
        else call.Write($"Supervisor [{answer.Json.Text("id")}] has the spec.");
        return ExitCode.Done;
    }

    public static string PathOf(string id, string what) => $"{Path}/{Uri.EscapeDataString(id)}/{what}";

    private static async Task<int> DoAsync(CommandCall call, string what, string done)
    {
        var answer = await call.Overlord.PostAsync(PathOf(call.Operand, what), Encoding.UTF8.GetBytes("{}"), call.Stop);
        if (!call.ShowsRaw(answer)) call.Write($"Supervisor [{call.Operand}] {done}.");
        return ExitCode.Done;
    }
}
