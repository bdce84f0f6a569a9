using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Stream;

/// <summary>A JSON object of partition to offset, <c>{"0":5}</c>.</summary>
public sealed class PartitionOffsetsConverter : JsonConverter<PartitionOffsets>
{
    public override PartitionOffsets Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object of partition to offset");
        var offsets = new List<KeyValuePair<StreamPartition, long>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!StreamPartition.TryParse(name, out var partition)) throw new JsonException($"[{name}] is not a partition");
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var offset)) throw new JsonException($"the offset of partition [{name}] is not an integer");
            offsets.RemoveAll(e => e.Key == partition);
            offsets.Add(KeyValuePair.Create(partition, offset));
        }
        return new PartitionOffsets(offsets);
    }

    public override void Write(Utf8JsonWriter writer, PartitionOffsets value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (partition, offset) in value) writer.WriteNumber(partition.ToString(), offset);
        writer.WriteEndObject();
    }
}
