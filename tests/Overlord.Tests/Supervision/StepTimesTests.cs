using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Tests.Supervision;

public sealed class StepTimesTests
{
    [Fact]
    public void Quantiles_are_never_too_low_and_at_most_a_quarter_too_high()
    {
        var times = new StepTimes();
        for (var millis = 1; millis <= 1_000; millis++) times.Add(TimeSpan.FromMilliseconds(millis));
        Assert.Equal((1_000, 1_000.0, 1_000.0), (times.Count, times.LongestMillis, times.Quantile(1)));
        Assert.InRange(times.Quantile(0.5), 500, 625);
        Assert.InRange(times.Quantile(0.99), 990, 1_000);
        Assert.Equal(0, new StepTimes().Quantile(0.99));
    }
}
