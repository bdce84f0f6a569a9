using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Naming;

/// <summary>Names are derived from what they name, so that a replayed step cannot make a twin, and so that a new leader recognises the
/// tasks of the spec it holds. The form is Druid's; the hash need only agree with itself.</summary>
public static class TaskNaming
{
    public const string Prefix = "index_kafka_";

    /// <summary><c>index_kafka_&lt;supervisorId&gt;_&lt;15 hex digits&gt;</c>, the common part of the sequence names of a group.</summary>
    public static string BaseSequenceName(SupervisorSpec spec, PartitionOffsets start, DateTimeOffset? minimumMessageTime, DateTimeOffset? maximumMessageTime)
    {
        using var schema = JsonDocument.Parse(spec.DataSchemaJson);
        using var tuning = JsonDocument.Parse(spec.TaskTuningConfigJson);
        return Prefix + spec.Id + "_" + Hash(schema.RootElement, tuning.RootElement, start, minimumMessageTime, maximumMessageTime);
    }

    /// <summary>Whether the spec would make the task as it is: what it reads may go on under this spec.</summary>
    public static bool IsCurrent(IndexTaskPayload payload, SupervisorSpec spec)
    {
        var io = payload.IoConfig;
        var start = io.StartSequenceNumbers.Offsets;
        return new SourceStream(io.StartSequenceNumbers.Name, io.MultiTopic) == spec.IoConfig.Stream && payload.DataSource == spec.DataSource
            && payload.DataSchema.ValueKind == JsonValueKind.Object && payload.TuningConfig.ValueKind == JsonValueKind.Object
            && Prefix + spec.Id + "_" + Hash(payload.DataSchema, payload.TuningConfig, start, io.MinimumMessageTime, io.MaximumMessageTime)
                == BaseSequenceName(spec, start, io.MinimumMessageTime, io.MaximumMessageTime);
    }

    /// <param name="attempt">Differs for every task that a group ever has.</param>
    public static string TaskId(string sequenceName, string baseSequenceName, int replica, long attempt)
    {
        var hash = SHA1.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sequenceName}/{replica}/{attempt}")));
        return $"{baseSequenceName}_{Letters(hash.AsSpan(0, 4))}";
    }

    /// <summary>Two letters from <c>a</c> to <c>p</c> a byte, as Druid's <c>RandomIdUtils</c> writes the four random ones of its tasks' ids.</summary>
    public static string Letters(ReadOnlySpan<byte> bytes)
    {
        var letters = new StringBuilder(2 * bytes.Length);
        foreach (var b in bytes) letters.Append((char)('a' + (b >> 4))).Append((char)('a' + (b & 15)));
        return letters.ToString();
    }

    public static string SequenceName(string baseSequenceName, int sequenceId) => string.Create(CultureInfo.InvariantCulture, $"{baseSequenceName}_{sequenceId}");

    private static string Hash(JsonElement dataSchema, JsonElement tuningConfig, PartitionOffsets start, DateTimeOffset? minimumMessageTime, DateTimeOffset? maximumMessageTime)
    {
        var text = new ArrayBufferWriter<byte>();
        WriteSorted(text, dataSchema);
        WriteSorted(text, tuningConfig);
        text.Write(Encoding.UTF8.GetBytes(string.Join('+', start.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key}({e.Value})")))));
        text.Write(Encoding.UTF8.GetBytes(Millis(minimumMessageTime) + Millis(maximumMessageTime)));
        return Convert.ToHexStringLower(SHA1.HashData(text.WrittenSpan))[..15];
    }

    private static string Millis(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) ?? "";

    /// <summary>With members sorted and escapes made uniform, since storage may change either.</summary>
    private static void WriteSorted(ArrayBufferWriter<byte> text, JsonElement element)
    {
        using var writer = new Utf8JsonWriter(text);
        WriteSorted(writer, element);
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray()) WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
