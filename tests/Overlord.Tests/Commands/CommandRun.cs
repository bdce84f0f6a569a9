using Ingestion.Overlord.Commands;

namespace Ingestion.Overlord.Tests.Commands;

/// <summary>A command line run in this process, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="input">What somebody types; null: nobody is there.</param>
    public static async Task<CommandRun> OfAsync(IReadOnlyList<string> words, IReadOnlyDictionary<string, string>? variables = null, string? input = null, CancellationToken stop = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal { Output = output, Error = error, Input = new StringReader(input ?? ""), CanAsk = input is not null };
        var code = await CommandLine.RunAsync(words, terminal, name => variables?.GetValueOrDefault(name), stop);
        return new CommandRun(code, $"{output}", $"{error}");
    }

    public static Task<CommandRun> OfAsync(params string[] words) => OfAsync(words, null);
}
