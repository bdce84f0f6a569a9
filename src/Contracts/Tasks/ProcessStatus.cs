using System.Globalization;

namespace Ingestion.Contracts.Tasks;

/// <summary>The answer of <c>GET /v1/info</c>, as Presto's servers give it; what stands behind <see cref="Uptime"/> is ours.</summary>
public sealed record ProcessStatus
{
    private static readonly (string Unit, double Seconds)[] Units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("ms", 0.001)];

    public required string NodeId { get; init; }
    public ProcessRelease NodeVersion { get; set; } = new();
    public required string Environment { get; init; }

    /// <summary>Whether it is an overlord.</summary>
    public required bool Coordinator { get; init; }
    public required bool Starting { get; init; }

    /// <summary>As <see cref="Duration"/> has it.</summary>
    public required string Uptime { get; init; }
    public LifeState State { get; init; }

    /// <summary>See <see cref="WireProtocol"/>.</summary>
    public int Protocol { get; set; } = WireProtocol.Current;

    /// <summary>Of the cluster that it belongs to or serves; null: not known yet.</summary>
    public string? ClusterId { get; init; }

    /// <summary>A duration as airlift writes it, two digits of the largest unit of which there is one: <c>5.21m</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        var (unit, seconds) = Units.FirstOrDefault(u => time.TotalSeconds >= u.Seconds, Units[^1]);
        return string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds / seconds:0.00}{unit}");
    }
}

public sealed record ProcessRelease
{
    public string Version { get; set; } = WireProtocol.Release;
}
