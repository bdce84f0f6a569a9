using System.Runtime.InteropServices;

namespace Ingestion.Overlord.Commands;

/// <summary>What the program does beside being a server: commands, each a first word without dashes.</summary>
internal static class CommandLine
{
    public static readonly string Usage = $"""
        overlord COMMAND ...   asks a running overlord, or checks specs; without a command it is the server (overlord --help)

          check SPEC.json              whether the spec would be accepted: every problem with its place, what has no effect here, how long rows wait
          check --metadata URL         the same of every active spec in a Druid's metadata database (read only), with a verdict for each
                                       [--druid.metadata.storage.tables.NAME TABLE]...
          list                         supervisors
          status ID                    state, offsets, lag, tasks and errors of one
          explain ID                   what each of its groups, replicas and partitions waits for
          submit SPEC.json [--dry-run] posts a spec, or tells what it would do
          suspend ID, resume ID
          terminate ID [--yes]
          reset ID [--to earliest|latest] [--yes]   gives up offsets: records may be skipped, or read twice
          tasks [--state pending|waiting|running|complete] [--datasource NAME] [--max N]
          workers
          top [ID]... [--interval SECONDS]          supervisors by lag, live; q or Ctrl-C ends it
          context list | add NAME --overlord URL [CREDENTIALS] | use NAME | remove NAME

        SPEC.json may be - for the standard input. --json writes the answer as it came.
        Whom to ask: --context NAME, --overlord URL[,URL..] [CREDENTIALS], else the context in use, else {OverlordContext.DefaultUrl}.
        CREDENTIALS: --user NAME with --password-env VARIABLE or --password-file FILE; or --token-env VARIABLE or --token-file FILE; --ca-file FILE names
        certificates (PEM) to trust. Contexts are kept in the file that INGESTION_CONTEXTS names, else in ~/.config/ingestion/contexts.json; secrets are not.

        Exit codes: 0 done; 1 refused, or a check found what would be; 2 the command line or a file is wrong; 3 no overlord or database answers; 130 interrupted.
        """;

    private static readonly string[] Tables = ["--druid.metadata.storage.tables."];

    /// <summary>Commands by name: operands at least and at most, own options and flags, and what they do.</summary>
    private static readonly Dictionary<string, Command> Calls = new(StringComparer.Ordinal)
    {
        ["list"] = new(0, 0, [], [], SupervisorCommands.ListAsync),
        ["status"] = new(1, 1, [], [], SupervisorCommands.StatusAsync),
        ["explain"] = new(1, 1, [], [], SupervisorCommands.ExplainAsync),
        ["submit"] = new(1, 1, [], ["--dry-run"], SupervisorCommands.SubmitAsync),
        ["suspend"] = new(1, 1, [], [], SupervisorCommands.SuspendAsync),
        ["resume"] = new(1, 1, [], [], SupervisorCommands.ResumeAsync),
        ["terminate"] = new(1, 1, [], ["--yes"], SupervisorCommands.TerminateAsync),
        ["reset"] = new(1, 1, ["--to"], ["--yes"], SupervisorCommands.ResetAsync),
        ["tasks"] = new(0, 0, ["--state", "--datasource", "--max"], [], ClusterCommands.TasksAsync),
        ["workers"] = new(0, 0, [], [], ClusterCommands.WorkersAsync),
        ["top"] = new(0, int.MaxValue, ["--interval"], [], TopCommand.RunAsync),
    };

    private sealed record Command(int Least, int Most, string[] Options, string[] Flags, Func<CommandCall, Task<int>> RunAsync);

    /// <summary>Whether the command line gives a command. Else it is the server's.</summary>
    public static bool IsGiven(IReadOnlyList<string> words) => words is [var first, ..] && !first.StartsWith('-');

    /// <summary>Runs a command until it is done, or a signal stops it.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true; // end in order: the screen is left as it was found
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await RunAsync(words, Terminal.OfConsole(), Environment.GetEnvironmentVariable, stop.Token);
    }

    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, Terminal terminal, Func<string, string?> variable, CancellationToken stop)
    {
        try { return await DispatchAsync(words, terminal, variable, stop); }
        catch (CommandFailure e)
        {
            terminal.Error.WriteLine($"overlord {words[0]}: {e.Message}");
            if (e.ExitCode == ExitCode.WrongUsage) terminal.Error.WriteLine("overlord help lists the commands");
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            terminal.Error.WriteLine("stopped");
            return ExitCode.Interrupted;
        }
    }

    private static async Task<int> DispatchAsync(IReadOnlyList<string> words, Terminal terminal, Func<string, string?> variable, CancellationToken stop)
    {
        var rest = words.Skip(1);
        switch (words[0])
        {
            case "help":
                terminal.Output.WriteLine(Usage);
                return ExitCode.Done;
            case var _ when rest.Contains("--help") || rest.Contains("-h"): goto case "help";
            case "check": return await CheckCommand.RunAsync(CommandArguments.Parse(rest, ["--metadata", .. Tables], ["--json"]), terminal, stop);
            case "context": return ContextCommands.Run(CommandArguments.Parse(rest, OverlordContext.Options, []), terminal, variable);
        }
        if (!Calls.TryGetValue(words[0], out var command)) throw CommandFailure.Usage("there is no such command");
        var arguments = CommandArguments.Parse(rest, ["--context", .. OverlordContext.Options, .. command.Options], ["--json", .. command.Flags]);
        if (arguments.Operands.Count < command.Least) throw CommandFailure.Usage(words[0] == "submit" ? "SPEC.json is missing" : "the supervisor's ID is missing");
        if (arguments.Operands.Count > command.Most) throw CommandFailure.Usage($"[{arguments.Operands[command.Most]}] is too much");
        using var overlord = new OverlordCalls(Context(arguments, variable), variable);
        return await command.RunAsync(new CommandCall(arguments, overlord, terminal, stop));
    }

    private static OverlordContext Context(CommandArguments arguments, Func<string, string?> variable)
    {
        var stated = OverlordContext.Options.FirstOrDefault(o => arguments[o] is not null);
        if (stated is null) return ContextFile.Open(variable).Find(arguments["--context"]);
        return arguments["--context"] is null ? OverlordContext.Of(arguments) : throw CommandFailure.Usage($"{stated} and --context do not go together");
    }
}
