using System.Runtime.CompilerServices;

namespace Ingestion.Supervisor.Tests.Scenarios;

/// <summary>Transcripts: each command is a notice, below it what the step led to. With REWRITE=1 in the environment they are written anew, to be
/// reviewed as a diff.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Files => new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Scenarios"), "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)).Order());

    [Theory, MemberData(nameof(Files))]
    public void Transcript_is_what_the_machine_does(string name)
    {
        var recorded = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Scenarios", name + ".txt"));
        var played = new Transcript().Play(recorded);
        if (Environment.GetEnvironmentVariable("REWRITE") == "1") File.WriteAllText(Path.Combine(SourceFolder(), name + ".txt"), played);
        else Assert.Equal(recorded, played);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
