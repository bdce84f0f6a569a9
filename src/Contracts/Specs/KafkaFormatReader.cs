using System.Text;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads an <c>inputFormat</c> of type kafka: another format around which the rest of a record is read.</summary>
internal static class KafkaFormatReader
{
    public static readonly string[] Members = ["valueFormat", "keyFormat", "headerFormat", "headerColumnPrefix", "keyColumnName", "timestampColumnName", "topicColumnName"];

    private const string Replacement = "\uFFFD";

    /// <summary>By Java's names and the aliases that are in use. Java's "UTF-16" reads big-endian unless a byte order mark says otherwise.</summary>
    private static readonly (string[] Names, Encoding Encoding)[] Encodings =
    [
        (["UTF-8", "UTF8"], Encoding.UTF8),
        (["US-ASCII", "ASCII"], Of(Encoding.ASCII)),
        (["ISO-8859-1", "ISO8859_1", "latin1"], Encoding.Latin1),
        (["UTF-16"], new MarkedUtf16()),
        (["UTF-16BE"], Of(Encoding.BigEndianUnicode)),
        (["UTF-16LE"], Of(Encoding.Unicode)),
    ];

    public static InputFormat.Kafka? Read(SpecNode node, List<SpecProblem> problems)
    {
        if (node.Object("valueFormat", required: true) is not { } value || Inner(value, problems) is not { } inner) return null;
        var names = new InputFormat.Kafka(inner);
        return names with
        {
            Key = node.Object("keyFormat") is { } key ? Inner(key, problems) : null,
            Headers = node.Object("headerFormat") is { } headers ? ReadEncoding(headers) : null,
            HeaderPrefix = node.Text("headerColumnPrefix") ?? names.HeaderPrefix,
            KeyColumn = node.Text("keyColumnName") ?? names.KeyColumn,
            TimestampColumn = node.Text("timestampColumnName") ?? names.TimestampColumn,
            TopicColumn = node.Text("topicColumnName") ?? names.TopicColumn,
        };
    }

    private static InputFormat? Inner(SpecNode node, List<SpecProblem> problems)
    {
        if (node.Text("type") is { } type && type.Equals(InputFormat.Kafka.Type, StringComparison.OrdinalIgnoreCase))
        {
            node.Problem("type", "[kafka] cannot stand within a format of type kafka: use json, csv, tsv or regex");
            return null;
        }
        return InputFormatReader.Read(node, problems);
    }

    private static Encoding ReadEncoding(SpecNode headers)
    {
        if (!headers.Has("type")) headers.Problem("type", "is missing: string is expected");
        headers.OneOf("type", "string", "string");
        if (headers.Text("encoding") is not { } name) return Encoding.UTF8;
        foreach (var (names, encoding) in Encodings)
            if (names.Contains(name, StringComparer.OrdinalIgnoreCase)) return encoding;
        headers.Problem("encoding", $"[{name}] is not supported: use one of {string.Join(", ", Encodings.Select(e => e.Names[0]))}");
        return Encoding.UTF8;
    }

    private static Encoding Of(Encoding encoding) => Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(Replacement));

    private sealed class MarkedUtf16() : UnicodeEncoding(bigEndian: true, byteOrderMark: true)
    {
        public override string GetString(byte[] bytes, int index, int count) => count >= 2 && (bytes[index], bytes[index + 1]) is (0xFF, 0xFE)
            ? Unicode.GetString(bytes, index + 2, count - 2)
            : base.GetString(bytes, index, count).TrimStart('\uFEFF');
    }
}
