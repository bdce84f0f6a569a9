using System.Text;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Text of a pattern that stands for itself, in upper or lower case.</summary>
internal sealed class LiteralText(string text)
{
    private readonly Rune[] runes = [.. text.EnumerateRunes()];

    /// <returns>How many bytes of the input it takes; -1 when the input does not begin with it.</returns>
    public int Match(ReadOnlySpan<byte> input)
    {
        var length = 0;
        foreach (var expected in runes)
        {
            if (Rune.DecodeFromUtf8(input[length..], out var found, out var read) != System.Buffers.OperationStatus.Done)
                return -1;
            if (found != expected && Rune.ToUpperInvariant(found) != Rune.ToUpperInvariant(expected) && Rune.ToLowerInvariant(found) != Rune.ToLowerInvariant(expected))
                return -1;
            length += read;
        }

        return length;
    }
}
