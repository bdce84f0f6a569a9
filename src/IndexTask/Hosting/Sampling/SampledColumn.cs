using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>A column of a sample.</summary>
/// <param name="Type">Druid's: <c>STRING</c>, <c>LONG</c>, <c>FLOAT</c>, <c>DOUBLE</c>, <c>COMPLEX&lt;...&gt;</c>.</param>
/// <param name="Value">Of a row, as the formats have values: null, a text, a number, a list or an object.</param>
internal sealed record SampledColumn(string Name, string Type, Func<int, object?> Value)
{
    private const string Text = "STRING";

    /// <summary>One that no row has had a value for.</summary>
    public static SampledColumn Empty(string name) => new(name, Text, _ => null);

    public static SampledColumn Of(DimensionRows dimension) => dimension.Strings is { } strings ? Of(strings) : Of(dimension.Numbers!);

    public static SampledColumn Of(NumberRows numbers) => new(numbers.Name, TypeOf(numbers.Kind), row => numbers.IsNull(row) ? null : Number(numbers.Kind, numbers[row]));

    /// <summary>A value with the time that it was chosen by, as Druid shows its pairs.</summary>
    public static SampledColumn Of(PairRows pairs)
    {
        var values = pairs.Numbers is { } numbers ? Of(numbers) : Of(pairs.Strings!);
        var kind = values.Type[..1] + values.Type[1..].ToLowerInvariant();
        return new SampledColumn(pairs.Name, $"COMPLEX<serializablePairLong{kind}>", row => new Parsing.Formats.JsonMap { ["lhs"] = pairs.TimesInOrder([row])[0], ["rhs"] = values.Value(row) });
    }

    private static SampledColumn Of(StringRows strings)
    {
        var type = strings.Seen.Type();
        return new SampledColumn(strings.Name, TypeOf(type), row => strings[row] switch
        {
            0 => null,
            < 0 and var list => strings.Lists.Elements(~list).ToArray().Select(Single).ToList(),
            var id => Single(id),
        });

        object? Single(int id) => id == 0 ? null : type == ValueKind.String ? Encoding.UTF8.GetString(strings.Values.Value(id)) : Number(type, ScalarKindsType.Bits(type, strings.Values.Value(id)));
    }

    private static string TypeOf(ValueKind kind) => kind.ToString().ToUpperInvariant();

    private static object Number(ValueKind kind, long bits) => kind switch
    {
        ValueKind.Long => (object)bits, // not to become a double with the others
        ValueKind.Float => double.Parse(Aggregation.Float(bits).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), // with the digits that a float has
        _ => Aggregation.Double(bits),
    };
}
