using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Parsing;

/// <summary>A record's value as a span: Kafka's null, which is not an empty value, is <c>default</c>.</summary>
internal static class RecordValue
{
    public static bool IsNull(ReadOnlySpan<byte> value) => Unsafe.IsNullRef(ref MemoryMarshal.GetReference(value));
}
