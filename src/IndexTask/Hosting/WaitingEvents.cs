using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Hosting;

/// <summary>A queue of events with the sequence and the partition of each, copied one behind the other.</summary>
internal sealed class WaitingEvents
{
    private const int NoValue = -1; // Kafka's null, which is not an empty event
    private const int EventBytes = 32; // what an event takes in the queue, whatever it holds
    private const int WorthMoving = 1 << 16;

    private readonly SortedDictionary<int, int> bySequence = []; // events of a sequence id, where there are any
    private Queue<(ReadSequence Sequence, int Partition, int Length)> events = new();
    private ArrayBufferWriter<byte> bytes = new();
    private int taken;

    public int Count => events.Count;

    /// <summary>Memory that the events need.</summary>
    public int Bytes => bytes.WrittenCount - taken + events.Count * EventBytes;

    /// <summary>Memory that is held for them, at most a few times <see cref="Bytes"/>.</summary>
    internal int Capacity => bytes.Capacity;

    /// <summary>The lowest id of a sequence that an event belongs to; null: there is none.</summary>
    public int? FirstSequence
    {
        get
        {
            foreach (var id in bySequence.Keys) return id;
            return null;
        }
    }

    public void Add(ReadSequence sequence, int partition, ReadOnlySpan<byte> value)
    {
        if (taken > WorthMoving && taken > bytes.WrittenCount / 2) MoveUp();
        bytes.Write(value);
        events.Enqueue((sequence, partition, RecordValue.IsNull(value) ? NoValue : value.Length));
        bySequence[sequence.Id] = bySequence.GetValueOrDefault(sequence.Id) + 1;
    }

    /// <summary>Takes the first; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out ReadSequence? sequence, out int partition, out ReadOnlySpan<byte> value)
    {
        sequence = null;
        partition = -1;
        value = default;
        if (!events.TryDequeue(out var next)) return false;
        (sequence, partition) = (next.Sequence, next.Partition);
        if (--bySequence[sequence.Id] == 0) bySequence.Remove(sequence.Id);
        if (next.Length != NoValue)
        {
            value = bytes.WrittenSpan.Slice(taken, next.Length);
            taken += next.Length;
        }
        if (events.Count == 0) (events, bytes, taken) = (new(), new(), 0); // the memory is given back: the next wait may be hours away
        return true;
    }

    // An event that was handed out stays where it is.
    private void MoveUp()
    {
        var rest = bytes.WrittenSpan[taken..];
        (bytes, taken) = (new ArrayBufferWriter<byte>(Math.Max(rest.Length, WorthMoving)), 0);
        bytes.Write(rest);
    }
}
