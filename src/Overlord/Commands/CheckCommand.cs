using System.Text.Json.Nodes;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Commands;

/// <summary><c>overlord check</c>: a spec in a file, or those in a Druid's metadata database. Nothing is asked of any overlord, and nothing written.</summary>
internal static class CheckCommand
{
    public static async Task<int> RunAsync(CommandArguments arguments, Terminal terminal, CancellationToken stop) => arguments switch
    {
        { Operands: [var file] } when arguments["--metadata"] is null => await CheckFileAsync(file, arguments.Has("--json"), terminal, stop),
        { Operands: [] } when arguments["--metadata"] is { } metadata => await MetadataCheck.RunAsync(metadata, arguments.Below("--druid.metadata.storage.tables."), arguments.Has("--json"), terminal, stop),
        _ => throw CommandFailure.Usage("check SPEC.json (- is the standard input) or check --metadata URL is expected"),
    };

    private static async Task<int> CheckFileAsync(string file, bool json, Terminal terminal, CancellationToken stop)
    {
        var check = SpecCheck.Of(await SpecFile.ReadAsync(file, terminal, stop));
        if (json) terminal.Output.WriteLine(new JsonObject { ["id"] = check.Spec?.Id, ["valid"] = check.Spec is not null, ["problems"] = Array(check.Problems), ["notHonoured"] = Array(check.NotHonoured), ["warnings"] = Array(check.Warnings) }.ToJsonString());
        else Show(check, terminal);
        return check.Spec is null ? ExitCode.Refused : ExitCode.Done;
    }

    private static void Show(SpecCheck check, Terminal terminal)
    {
        if (check.Spec is { } spec) terminal.Output.WriteLine(TextTable.Plain($"Supervisor [{spec.Id}] from {spec.IoConfig.Stream} into dataSource [{spec.DataSource}]: the spec is valid."));
        else terminal.Output.WriteLine($"The spec would be refused: {Words.Count(check.Problems.Count, "problem")}.");
        Show(check.Problems, "", terminal);
        if (check.NotHonoured.Count > 0) terminal.Output.WriteLine("Kept, and without effect here:");
        Show(check.NotHonoured, "", terminal);
        foreach (var warning in check.Warnings) terminal.Output.WriteLine($"Warning: {warning}");
    }

    /// <summary>Each with its path, indented.</summary>
    public static void Show(IEnumerable<SpecProblem> problems, string indent, Terminal terminal)
    {
        foreach (var problem in problems) terminal.Output.WriteLine($"{indent}  {TextTable.Plain(problem.ToString())}");
    }

    public static JsonArray Array(IEnumerable<SpecProblem> problems) => [.. problems.Select(p => new JsonObject { ["path"] = p.Path, ["message"] = p.Message })];
    public static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(t => JsonValue.Create(t))];
}
