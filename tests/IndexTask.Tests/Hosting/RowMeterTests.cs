using Ingestion.IndexTask.Hosting;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class RowMeterTests
{
    [Fact]
    public void Rate_and_idle_ratio_are_unknown_until_a_step_of_five_seconds_is_over()
    {
        var meter = new RowMeter();
        meter.Tick(1_000);
        meter.Waited(TimeSpan.FromSeconds(2));
        meter.Processed = 500;
        meter.Tick(5_999);
        Assert.Equal((null, null), (meter.ProcessedRate, meter.IdleRatio));
        meter.Tick(6_000);
        Assert.Equal((100.0, 0.4), (meter.ProcessedRate, meter.IdleRatio));
    }

    [Fact]
    public void Waiting_for_longer_than_a_step_counts_in_the_steps_that_it_took()
    {
        var meter = new RowMeter();
        meter.Tick(0);
        meter.Waited(TimeSpan.FromSeconds(10));
        meter.Tick(10_000);
        Assert.Equal(1, meter.IdleRatio);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(494, 99)]
    [InlineData(4_963, 990)]
    [InlineData(4_976, 1_000)]
    [InlineData(617_283, 120_000)]
    public void Rate_is_told_to_two_digits(int processed, double expected)
    {
        var meter = new RowMeter();
        meter.Tick(0);
        meter.Processed = processed;
        meter.Tick(5_000);
        Assert.Equal(expected, meter.ProcessedRate);
    }

    [Fact]
    public void Idle_ratio_follows_the_last_minute()
    {
        var meter = new RowMeter();
        meter.Tick(0);
        meter.Waited(TimeSpan.FromSeconds(5));
        for (var at = 5_000; at <= 65_000; at += 5_000) meter.Tick(at);
        Assert.Equal(Math.Round(Math.Exp(-1), 2), meter.IdleRatio);
    }
}
