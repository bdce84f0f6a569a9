using System.Text;
using System.Text.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>What JSON's grammar allows but nobody can mean the same by (RFC 8259, sections 4 and 8): members named twice, text that is no
/// text. Such a document is refused as a whole, so that whoever reads it afterwards need not think of it.</summary>
public static class PlainJson
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a posted document.</summary>
    /// <param name="expected">What it should be: <c>a supervisor spec</c>.</param>
    /// <param name="mayRepeat">Whether a member may be given more than once: the last one counts.</param>
    /// <returns>The document, to be disposed; or null, with what is wrong with it.</returns>
    public static (JsonDocument? Document, IReadOnlyList<SpecProblem> Problems) Parse(ReadOnlySpan<byte> utf8, string expected, bool mayRepeat = false)
    {
        if (FirstNotUtf8(utf8) is { } notUtf8) return (null, [new SpecProblem("$", notUtf8)]);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 64 });
        JsonDocument document;
        try
        {
            document = JsonDocument.ParseValue(ref reader);
            if (reader.Read()) return (null, [new SpecProblem("$", "there is more after the end of the JSON value")]);
        }
        catch (JsonException e)
        {
            return (null, [new SpecProblem("$", utf8.IsEmpty ? $"the body is empty: {expected} is expected" : $"is not valid JSON: {e.Message}")]);
        }
        var problems = Problems(document.RootElement, mayRepeat);
        if (problems.Count == 0) return (document, []);
        document.Dispose();
        return (null, problems);
    }

    /// <returns>Null when all bytes are UTF-8, else the first that is not.</returns>
    private static string? FirstNotUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Strict.GetCharCount(bytes);
            return null;
        }
        catch (DecoderFallbackException e)
        {
            return $"is not UTF-8: byte 0x{e.BytesUnknown?.FirstOrDefault():X2} at {e.Index}";
        }
    }

    private static List<SpecProblem> Problems(JsonElement root, bool mayRepeat)
    {
        var problems = new List<SpecProblem>();
        Walk(root, "$", mayRepeat, problems);
        return problems;
    }

    private static void Walk(JsonElement element, string path, bool mayRepeat, List<SpecProblem> problems)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject())
                {
                    if (Text(() => member.Name) is not { } name) problems.Add(new SpecProblem(path, "has a member whose name is not text: half of a surrogate pair is escaped alone"));
                    else if (!names.Add(name) && !mayRepeat) problems.Add(new SpecProblem($"{path}.{name}", "is given more than once"));
                    else Walk(member.Value, $"{path}.{name}", mayRepeat, problems);
                }
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray()) Walk(item, $"{path}[{index++}]", mayRepeat, problems);
                break;
            case JsonValueKind.String:
                if (Text(element.GetString) is null) problems.Add(new SpecProblem(path, "is not text: half of a surrogate pair is escaped alone"));
                break;
        }
    }

    private static string? Text(Func<string?> read)
    {
        try { return read(); }
        catch (InvalidOperationException) { return null; } // how System.Text.Json says that there is no such string
    }
}
