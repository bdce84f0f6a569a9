namespace Ingestion.IndexTask.Segment.Codecs;

/// <summary>Druid's variable-length numbers: seven bits a byte, low bits first, the high bit marks the last byte (unlike LEB128).</summary>
internal static class VByte
{
    public const int MaxBytes = 5;

    /// <returns>The number of bytes written.</returns>
    public static int Write(int number, Span<byte> target)
    {
        var rest = (uint)number;
        var at = 0;
        for (; rest >= 0x80; rest >>= 7)
            target[at++] = (byte)(rest & 0x7F);
        target[at++] = (byte)(rest | 0x80);
        return at;
    }
}
