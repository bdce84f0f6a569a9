using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Core;

namespace Ingestion.IndexTask.Hosting;

/// <summary>A queue of events with the sequence of each, copied one behind the other.</summary>
internal sealed class WaitingEvents
{
    private const int NoValue = -1; // Kafka's null, which is not an empty event

    private readonly Queue<(ReadSequence Sequence, int Length)> events = new();
    private ArrayBufferWriter<byte> bytes = new();
    private int taken;

    public int Count => events.Count;

    public int Bytes => bytes.WrittenCount - taken;

    public void Add(ReadSequence sequence, ReadOnlySpan<byte> value)
    {
        bytes.Write(value);
        events.Enqueue((sequence, Unsafe.IsNullRef(ref MemoryMarshal.GetReference(value)) ? NoValue : value.Length));
    }

    /// <summary>Takes the first; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out ReadSequence? sequence, out ReadOnlySpan<byte> value)
    {
        sequence = null;
        value = default;
        if (!events.TryDequeue(out var next)) return false;
        sequence = next.Sequence;
        if (next.Length != NoValue)
        {
            value = bytes.WrittenSpan.Slice(taken, next.Length);
            taken += next.Length;
        }
        if (events.Count == 0) (bytes, taken) = (new(), 0); // the memory is given back: the next wait may be hours away
        return true;
    }
}
