using System.Globalization;

namespace Ingestion.Embedded.Chaos;

/// <summary>Something that goes wrong and is put right again.</summary>
/// <param name="At">Since the first fault could have come.</param>
/// <param name="Number">Which of several overlords or workers, from 0.</param>
/// <param name="Lasting">Until it is put right.</param>
public sealed record Fault(TimeSpan At, FaultTarget Target, int Number, FaultKind Kind, TimeSpan Lasting)
{
    /// <summary>Faults of one place come one after the other.</summary>
    public string Place => Target switch
    {
        FaultTarget.Overlord => $"overlord-{Number + 1}",
        FaultTarget.Worker => $"worker-{Number + 1}",
        FaultTarget.OverlordsDatabase => $"overlord-{Number + 1} to PostgreSQL",
        FaultTarget.Postgres => "PostgreSQL",
        FaultTarget.Kafka => "Kafka",
        _ => throw new InvalidOperationException($"{Target} is nowhere"),
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds:0.0} s {Kind} {Place} for {Lasting.TotalSeconds:0.0} s");
}
