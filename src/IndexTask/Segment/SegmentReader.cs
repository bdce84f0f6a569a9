using System.Text.Json;
using Ingestion.IndexTask.Segment.Reading;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment;

/// <summary>
/// Reads Druid's segment format V9 through memory-mapped files. Columns are decoded when they are asked for. Damaged files give
/// <see cref="InvalidSegmentException"/>, parts of the format that are not read <see cref="UnsupportedSegmentException"/>.
/// </summary>
public sealed class SegmentReader : IDisposable
{
    private readonly SmooshFiles files;
    private readonly Dictionary<string, StoredColumn> columns = new(StringComparer.Ordinal);

    private SegmentReader(SmooshFiles files)
    {
        this.files = files;
        var index = IndexDrdFile.Read(new(files[IndexDrd.Name], IndexDrd.Name));
        Dimensions = index.Dimensions;
        Metrics = index.Metrics;
        IntervalStartMillis = index.StartMillis;
        IntervalEndMillis = index.EndMillis;
        Bitmap = index.Bitmap;
        Metadata = files.Contains(MetadataDrd.Name) ? ParseMetadata(files[MetadataDrd.Name]) : null;
        Columns = [.. Metrics.Concat(Dimensions).Prepend(SegmentRules.TimeColumn).Select(Describe)];
        foreach (var column in Columns)
            columns.Add(column.Name, column);
        Time = ReadTime();
    }

    public long IntervalStartMillis { get; }

    public long IntervalEndMillis { get; }

    /// <summary>In dimension order.</summary>
    public IReadOnlyList<string> Dimensions { get; }

    /// <summary>In stored order.</summary>
    public IReadOnlyList<string> Metrics { get; }

    /// <summary><c>__time</c>, then metrics, then dimensions.</summary>
    public IReadOnlyList<StoredColumn> Columns { get; }

    /// <summary>The kind that <c>index.drd</c> names.</summary>
    public BitmapKind Bitmap { get; }

    /// <summary>The JSON of <c>metadata.drd</c>; null when there is none, or when it cannot be parsed, which Druid lets pass too.</summary>
    public JsonElement? Metadata { get; }

    public int RowCount => Time.Length;

    /// <summary>Epoch milliseconds of each row.</summary>
    public ReadOnlyMemory<long> Time { get; }

    /// <param name="directory">A segment directory, unzipped.</param>
    public static SegmentReader Open(string directory)
    {
        var version = Path.Combine(directory, "version.bin");
        if (!File.Exists(version) || !File.ReadAllBytes(version).AsSpan().SequenceEqual<byte>([0, 0, 0, 9]))
            throw new InvalidSegmentException($"{directory} is not a segment of version 9");
        var files = new SmooshFiles(directory);
        try
        {
            return new(files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Decodes a column. A column of nothing but null is a string column whose dictionary is null alone.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public ColumnContent Read(string name)
    {
        var (cursor, descriptor) = OpenColumn(name);
        return descriptor.Part switch
        {
            "long" or "longV2" => Numbers<long>(cursor, descriptor, (values, nulls) => new ColumnContent.LongColumn(values, nulls)),
            "float" or "floatV2" => Numbers<float>(cursor, descriptor, (values, nulls) => new ColumnContent.FloatColumn(values, nulls)),
            "double" or "doubleV2" => Numbers<double>(cursor, descriptor, (values, nulls) => new ColumnContent.DoubleColumn(values, nulls)),
            "complex" => PairColumnReader.Read(cursor, descriptor, RowCount),
            "stringDictionary" => Strings(new StringColumnReader(cursor, descriptor, RowCount)),
            "null" when descriptor.NullRows != RowCount => throw cursor.Invalid($"{descriptor.NullRows} rows where the segment has {RowCount}"),
            "null" => new ColumnContent.StringColumn(Utf8Dictionary.Of([null]), new int[RowCount]),
            _ => throw cursor.Unsupported($"a column of type {descriptor.ValueType} and part {descriptor.Part}"),
        };
    }

    /// <summary>The rows in which a string column holds a value (or null), ascending, from the column's stored row sets.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is not a string column.</exception>
    public IReadOnlyList<int> RowsOf(string name, string? value)
    {
        var (cursor, descriptor) = OpenColumn(name);
        if (descriptor.Part == "null")
            return value is null ? [.. Enumerable.Range(0, RowCount)] : [];
        if (columns[name].Kind != ColumnKind.String)
            throw new ArgumentException($"column [{name}] has no row sets", nameof(name));
        var column = new StringColumnReader(cursor, descriptor, RowCount);
        var id = column.Dictionary.IdOf(value);
        return id < 0 ? [] : column.RowsOf(id);
    }

    /// <summary>
    /// The rows one by one, each with <c>__time</c>, the dimensions and the metrics: long, float, double, string, null, or a list of strings
    /// where a row of a multi-value column has none or several, or a <see cref="TimedValue"/>. Decodes all columns first.
    /// </summary>
    public IEnumerable<IReadOnlyDictionary<string, object?>> Rows()
    {
        var decoded = Dimensions.Concat(Metrics).Select(name => (Name: name, Content: Read(name))).ToList();
        for (var row = 0; row < RowCount; row++)
        {
            var values = new Dictionary<string, object?>(decoded.Count + 1) { [SegmentRules.TimeColumn] = Time.Span[row] };
            foreach (var (name, content) in decoded)
                values.Add(name, RowValues.At(content, row));
            yield return values;
        }
    }

    public void Dispose() => files.Dispose();

    private static JsonElement? ParseMetadata(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ColumnContent Strings(StringColumnReader column) => column.RowEnds is { } ends
        ? new ColumnContent.MultiStringColumn(column.Dictionary, ends, column.Ids, column.HasBitmaps)
        : new ColumnContent.StringColumn(column.Dictionary, column.Ids, column.HasBitmaps);

    private StoredColumn Describe(string name)
    {
        var bytes = files[name];
        var descriptor = ColumnDescriptor.Read(new(bytes, name));
        var kind = descriptor.Part switch
        {
            "long" or "longV2" => ColumnKind.Long,
            "float" or "floatV2" => ColumnKind.Float,
            "double" or "doubleV2" => ColumnKind.Double,
            "stringDictionary" or "null" => ColumnKind.String,
            "complex" when PairColumnReader.IsKnown(descriptor.TypeName) => ColumnKind.Pair,
            _ => ColumnKind.Unsupported,
        };
        return new(name, kind, descriptor.HasMultipleValues, descriptor.Part == "null", descriptor.Part, bytes.Length);
    }

    private (SegmentCursor Cursor, ColumnDescriptor Descriptor) OpenColumn(string name)
    {
        if (!columns.ContainsKey(name))
            throw new ArgumentException($"there is no column [{name}]", nameof(name));
        var cursor = new SegmentCursor(files[name], name);
        return (cursor, ColumnDescriptor.Read(cursor));
    }

    private long[] ReadTime()
    {
        var (cursor, descriptor) = OpenColumn(SegmentRules.TimeColumn);
        if (descriptor.Part is not ("long" or "longV2"))
            throw cursor.Invalid($"time is not a column of longs but {descriptor.Part}");
        return NumericColumnReader.Read<long>(cursor, descriptor, descriptor.Part == "longV2").Values;
    }

    private ColumnContent Numbers<T>(SegmentCursor cursor, ColumnDescriptor descriptor, Func<T[], ulong[], ColumnContent> content)
        where T : unmanaged
    {
        var (values, nulls) = NumericColumnReader.Read<T>(cursor, descriptor, descriptor.Part.EndsWith("V2", StringComparison.Ordinal));
        return values.Length == RowCount
            ? content(values, nulls)
            : throw cursor.Invalid($"{values.Length} rows where the segment has {RowCount}");
    }
}
