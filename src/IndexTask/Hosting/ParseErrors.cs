using System.Collections.Immutable;
using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Hosting;

/// <summary>An event that could not be read as it should, as Druid reports it.</summary>
internal sealed record ParseErrorReport(string Input, string ErrorType, IReadOnlyList<string> Details, long TimeOfExceptionMillis);

/// <summary>The latest of the events that could not be read, and the limit on their number.</summary>
/// <param name="maxErrors">One more fails the task.</param>
/// <param name="maxSaved">0: none are saved.</param>
/// <param name="log">Told of each; null: they are not logged.</param>
internal sealed class ParseErrors(int maxErrors, int maxSaved, ILogger? log = null)
{
    private ImmutableList<ParseErrorReport> saved = [];
    private long count;

    /// <summary>Newest first; null where none are to be saved.</summary>
    public IReadOnlyList<ParseErrorReport>? Saved => maxSaved == 0 ? null : saved;

    /// <exception cref="TaskFailedException">There are more than the task bears.</exception>
    public void Add(ParseOutcome outcome, ParseProblem? problem, DateTimeOffset time)
    {
        count++;
        if (log is not null && problem is not null) TaskStory.ParseException(log, problem.Details.FirstOrDefault(), problem.Input);
        if (maxSaved > 0 && problem is not null)
        {
            var kept = saved.Count == maxSaved ? saved.RemoveAt(saved.Count - 1) : saved;
            saved = kept.Insert(0, new(problem.Input, outcome == ParseOutcome.Unparseable ? "unparseable" : "processedWithError", problem.Details, time.ToUnixTimeMilliseconds()));
        }
        if (count > maxErrors) throw new TaskFailedException($"Max parse exceptions[{maxErrors}] exceeded: {problem?.Details.FirstOrDefault()}");
    }
}
