using System.Runtime.CompilerServices;
using System.Text;

namespace Ingestion.Simulation.Worlds;

/// <summary>What happened, in order: always as a hash, and, where it is asked for, the last lines in words (which cost far more than the world itself).</summary>
internal sealed class Trace(Timeline timeline, int keep)
{
    private readonly Queue<string> last = new();
    private ulong hash = 14695981039346656037;

    public bool IsTold => keep > 0;
    public ulong Hash => hash;
    public IReadOnlyCollection<string> Last => last;

    /// <param name="kind">What happened; part of the hash, as are the time, the subject and the number.</param>
    public void Note(string kind, string subject, long number, [InterpolatedStringHandlerArgument("")] ref Words words)
    {
        Add((ulong)timeline.Now);
        Add(kind);
        Add(subject);
        Add((ulong)number);
        if (!IsTold) return;
        if (last.Count == keep) last.Dequeue();
        last.Enqueue($"{timeline.Now / 1000.0,10:0.000} {kind} {subject} {words.Text}");
    }

    private void Add(ulong value) => hash = (hash ^ value) * 1099511628211;

    private void Add(string text)
    {
        foreach (var c in text) Add(c);
    }

    /// <summary>The words of a line; not even put together unless the trace is told.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Words
    {
        private readonly StringBuilder? text;

        public Words(int literalLength, int formattedCount, Trace trace, out bool isTold)
        {
            isTold = trace.IsTold;
            text = isTold ? new StringBuilder(literalLength + formattedCount * 16) : null;
        }

        public string Text => text?.ToString() ?? "";
        public void AppendLiteral(string literal) => text!.Append(literal);
        public void AppendFormatted<T>(T value) => text!.Append(value);
    }
}
