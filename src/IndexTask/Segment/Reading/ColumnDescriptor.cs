using System.Text.Json;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The JSON in front of each column: what kind it is and how it is stored.</summary>
internal sealed record ColumnDescriptor(string ValueType, bool HasMultipleValues, string Part, bool IsBigEndian, BitmapKind Bitmap, int NullRows, string? TypeName)
{
    /// <summary>Reads it, leaving the cursor at the column's data.</summary>
    public static ColumnDescriptor Read(SegmentCursor cursor)
    {
        var bytes = cursor.Take(cursor.Count());
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var json = document.RootElement;
            var parts = json.GetProperty("parts");
            if (parts.GetArrayLength() != 1)
                throw cursor.Unsupported($"{parts.GetArrayLength()} parts");
            var part = parts[0];
            return new(
                json.GetProperty("valueType").GetString() ?? "",
                json.TryGetProperty("hasMultipleValues", out var multiple) && multiple.GetBoolean(),
                part.GetProperty("type").GetString() ?? "",
                part.TryGetProperty("byteOrder", out var order) && order.GetString() == "BIG_ENDIAN",
                part.TryGetProperty("bitmapSerdeFactory", out var bitmap) ? ReadBitmap(bitmap) : BitmapKind.Concise,
                part.TryGetProperty("numRows", out var rows) ? rows.GetInt32() : 0,
                part.TryGetProperty("typeName", out var name) ? name.GetString() : null);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidSegmentException($"[{cursor.Name}]: the descriptor is not as expected: {problem.Message}", problem);
        }
    }

    /// <summary>The JSON of a bitmap serde; any type but Roaring is the older Concise.</summary>
    public static BitmapKind ReadBitmap(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("type", out var type) && type.ValueEquals("roaring") ? BitmapKind.Roaring : BitmapKind.Concise;
}
