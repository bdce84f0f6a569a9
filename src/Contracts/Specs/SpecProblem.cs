namespace Ingestion.Contracts.Specs;

/// <summary>One thing wrong with a request: where (a JSON path, <c>$.spec.ioConfig.taskCount</c>) and what to write instead.</summary>
public sealed record SpecProblem(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}
