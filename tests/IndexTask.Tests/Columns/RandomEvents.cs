using System.Globalization;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Tests.Parsing;

namespace Ingestion.IndexTask.Tests.Columns;

/// <summary>Seeded schemas and events with few distinct values, so that rows collide, and with values that are hard to sort.</summary>
internal static class RandomEvents
{
    private static readonly string[] Texts = ["", "a", "ab", "a\\u0000", "a\\u0000b", "b", "\uE000", "\U0001F600", "\uFFFD!", "é", "same beginning 1", "same beginning 12", "same beginning 2", "z"];

    public static DataSchema Schema(Random random) => Ingested.Schema(
        random.Next(4) == 0 ? "" : "s l:Long m d:Double f:Float set:String:SORTED_SET array:String:ARRAY",
        random.Next(4) == 0 ? "" : "count:Count sum:LongSum:v min:LongMin:v max:LongMax:v dsum:DoubleSum:w dmin:DoubleMin:w dmax:DoubleMax:w fsum:FloatSum:w fmin:FloatMin:w fmax:FloatMax:w",
        rollup: random.Next(3) > 0) with
    {
        QueryGranularity = new Granularity(Pick(random, GranularityKind.None, GranularityKind.Minute, GranularityKind.Hour, GranularityKind.Day, GranularityKind.All)),
    };

    public static string[] Events(Random random, int count)
    {
        var spread = random.Next(2) == 0 ? 86_400_000 : 1000;
        return [.. Enumerable.Range(0, count).Select(_ => Event(random, spread))];
    }

    private static string Event(Random random, int spread)
    {
        List<string> members = [$"\"time\":\"{IsoTime.Write(Ingested.Day.StartMillis + random.Next(spread))}\""];
        Add("s", Text(random));
        Add("l", random.Next(3).ToString(CultureInfo.InvariantCulture));
        Add("d", Pick(random, "0.0", "-0.0", "1.5", "-2.25", "1e300"));
        Add("f", Pick(random, "0.5", "-1", "3e5"));
        foreach (var name in new[] { "m", "set", "array" })
            Add(name, random.Next(3) == 0 ? Text(random) : $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(5) == 0 ? "null" : Text(random)))}]");
        Add("v", random.Next(-10, 10).ToString(CultureInfo.InvariantCulture));
        Add("w", (random.Next(-40, 40) / 8.0).ToString(CultureInfo.InvariantCulture)); // sums are exact in any order
        return $"{{{string.Join(',', members)}}}";

        void Add(string name, string json)
        {
            if (random.Next(5) > 0)
                members.Add($"\"{name}\":{(random.Next(6) == 0 ? "null" : json)}");
        }
    }

    private static string Text(Random random) => $"\"{Pick(random, Texts)}\"";

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
