using System.Text;
using System.Text.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>A Kafka supervisor spec, validated. <see cref="Json"/> is its canonical form, which is what is stored, compared and handed to Druid.</summary>
public sealed record SupervisorSpec
{
    public const string KafkaType = "kafka";

    /// <summary>Names the supervisor everywhere; the dataSource unless the spec says otherwise.</summary>
    public required string Id { get; init; }
    public required string DataSource { get; init; }
    public required IoConfig IoConfig { get; init; }
    public required TuningConfig TuningConfig { get; init; }
    public required bool Suspended { get; init; }

    /// <summary>Whether <c>taskCount</c> stood in what was read. Where it did not, an update keeps the stored one's: see <see cref="WithTaskCount"/>.</summary>
    public bool StatesTaskCount { get; init; } = true;

    /// <summary>The spec as Druid serialises it: defaults written out, periods in seconds, fixed member order. Two specs that mean the same have the same text.</summary>
    public required string Json { get; init; }

    /// <summary>Canonical JSON of the parts that a task is made of.</summary>
    public required string DataSchemaJson { get; init; }
    public required string TaskTuningConfigJson { get; init; }
    public required string InputFormatJson { get; init; }

    /// <summary>The context that tasks inherit, an object or <c>null</c>.</summary>
    public required string ContextJson { get; init; }

    /// <summary>Reads and validates a spec; every problem is listed.</summary>
    public static SpecReading Read(ReadOnlySpan<byte> utf8)
    {
        var (document, problems) = PlainJson.Parse(utf8, "a supervisor spec");
        if (document is null) return new SpecReading(null, problems);
        using (document) return SupervisorSpecReader.Read(document.RootElement);
    }

    public static SpecReading Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    /// <summary>The same spec with another suspended flag.</summary>
    public SupervisorSpec WithSuspended(bool suspended)
    {
        if (suspended == Suspended) return this;
        using var document = JsonDocument.Parse(Json);
        return this with { Suspended = suspended, Json = CanonicalSpec.WithSuspended(document.RootElement, suspended) };
    }

    /// <summary>A posted spec as it is stored. Druid's rule: an auto-scaler's taskCountStart comes first, then the spec's own <c>taskCount</c>, then the stored spec's.</summary>
    /// <param name="stored">Null where there is none, or a terminated one: the default then is taskCountMin, or 1 without an auto-scaler.</param>
    public SupervisorSpec MergedWith(SupervisorSpec? stored) =>
        IoConfig.AutoScaler?.TaskCountStart is { } start ? WithTaskCount(start)
        : StatesTaskCount ? this
        : stored is null ? this
        : WithTaskCount(stored.IoConfig.TaskCount);

    /// <summary>The same spec with that <c>taskCount</c> written out, and what follows from it.</summary>
    public SupervisorSpec WithTaskCount(int taskCount)
    {
        using var document = JsonDocument.Parse(Json);
        var reading = Read(CanonicalSpec.WithTaskCount(document.RootElement, taskCount));
        return reading.Spec ?? throw new ArgumentOutOfRangeException(nameof(taskCount), taskCount, string.Join("; ", reading.Problems));
    }
}

/// <summary>A spec, or all that is wrong with it.</summary>
public sealed record SpecReading(SupervisorSpec? Spec, IReadOnlyList<SpecProblem> Problems)
{
    public static SpecReading Failed(string path, string message) => new(null, [new SpecProblem(path, message)]);
}
