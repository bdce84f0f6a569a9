namespace Ingestion.IndexTask.Kafka;

/// <summary>A consumer property has a value that librdkafka refuses; the message is librdkafka's.</summary>
internal sealed class KafkaSettingException(string message) : Exception(message);
