using Ingestion.IndexTask.Hosting.Logs;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What holds a task up at the moment, by source: a source that is well again clears its own trouble and no other. Each may be set by any thread.</summary>
/// <param name="story">Told when one begins and when it is over.</param>
internal sealed class TaskTroubles(ILogger story)
{
    private readonly string?[] bySource = new string?[Enum.GetValues<TroubleSource>().Length];

    /// <summary>What lasts, in the order of the sources; null: nothing.</summary>
    public string? Text => string.Join("; ", bySource.Where(t => t is not null).Distinct()) is { Length: > 0 } text ? text : null;

    /// <returns>Where that source tells its trouble, and null once it is over.</returns>
    public Action<string?> Of(TroubleSource source) => text =>
    {
        var before = Interlocked.Exchange(ref bySource[(int)source], text);
        if (text is not null && before is null) TaskStory.HeldUp(story, source, text);
        if (text is null && before is not null) TaskStory.GoesOn(story, source);
    };
}

/// <summary>Who may be in trouble independently of the others.</summary>
internal enum TroubleSource { HeldBack, Spilling, Pushing, Asking, Committing }
