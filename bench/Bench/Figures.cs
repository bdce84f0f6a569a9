namespace Ingestion.Bench;

/// <summary>A series in figures, rounded to a tenth.</summary>
internal static class Figures
{
    public static object Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? new { n = 0 } : new { p50 = At(sorted, 0.50), p99 = At(sorted, 0.99), max = Math.Round(sorted[^1], 1), n = sorted.Count };
    }

    /// <summary>At or below which that share of the values lies; 0 of none.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : At(sorted, share);
    }

    public static double Median(IEnumerable<double> values) => Quantile(values, 0.50);

    private static double At(List<double> sorted, double share) => Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)], 1);
}
