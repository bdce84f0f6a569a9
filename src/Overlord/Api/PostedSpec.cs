using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>A supervisor spec as somebody sends it, checked in full: masks restored, read, and its consumer properties put to Kafka's client.</summary>
/// <param name="Spec">Null where there are problems.</param>
/// <param name="Body">What was read: the posted bytes with the stored secrets for their masks.</param>
internal sealed record PostedSpec(SupervisorSpec? Spec, ReadOnlyMemory<byte> Body, IReadOnlyList<SpecProblem> Problems)
{
    /// <param name="stored">Finds the spec of a supervisor that is not terminated, by its id.</param>
    public static PostedSpec Read(ReadOnlyMemory<byte> posted, Func<string, string?> stored)
    {
        var (body, masks) = SpecSecrets.Restored(posted, stored);
        if (masks.Count > 0) return new PostedSpec(null, body, masks);
        var reading = SupervisorSpec.Read(body.Span);
        if (reading.Spec is not { } spec) return new PostedSpec(null, body, reading.Problems);
        return SupervisorFleet.ClientProblems(spec.IoConfig.ConsumerProperties) is { Count: > 0 } problems ? new PostedSpec(null, body, problems) : new PostedSpec(spec, body, []);
    }
}
