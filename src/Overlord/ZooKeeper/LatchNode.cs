using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>A child of a latch, as Apache Curator's LeaderLatch names them: <c>_c_UUID-latch-NNNNNNNNNN</c>, where ZooKeeper gives the number. The lowest leads. Ours are told from Druid's by
/// their UUID: version 8, of which the first eight digits say "inge" and the next seven the cluster.</summary>
/// <param name="Name">Without the path.</param>
internal sealed record LatchNode(string Name)
{
    private const string Before = "_c_", Ours = "696e6765", Latch = "latch-";

    /// <summary>What Curator sorts by: all behind the last <c>latch-</c>.</summary>
    public string Number => Name[(Name.LastIndexOf(Latch, StringComparison.Ordinal) is var at && at >= 0 ? at + Latch.Length : 0)..];

    /// <summary>Whether an overlord of this cluster made it.</summary>
    public bool IsOf(string clusterId) => Name.StartsWith($"{Before}{Ours}-{Mark(clusterId)}-", StringComparison.Ordinal);

    /// <summary>Whether an overlord of this program made it, of whichever cluster.</summary>
    public bool IsOurs => Name.StartsWith($"{Before}{Ours}-", StringComparison.Ordinal);

    /// <summary>What to create a sequential node by: another one each time, so that it is known again when the answer is lost.</summary>
    public static string NewPrefix(string clusterId)
    {
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return $"{Before}{Ours}-{Mark(clusterId)}-a{random[..3]}-{random[3..15]}-{Latch}";
    }

    public static List<LatchNode> Sorted(IEnumerable<string> names) => [.. names.Select(n => new LatchNode(n)).OrderBy(n => n.Number, StringComparer.Ordinal)];

    private static string Mark(string clusterId)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clusterId)));
        return $"{hash[..4]}-8{hash[4..7]}";
    }
}
