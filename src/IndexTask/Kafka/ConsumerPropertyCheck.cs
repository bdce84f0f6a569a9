using System.Collections.Immutable;
using Ingestion.IndexTask.Kafka.Native;

namespace Ingestion.IndexTask.Kafka;

/// <summary>Asks librdkafka itself about properties, without making a client.</summary>
public static unsafe class ConsumerPropertyCheck
{
    private static readonly string[] Secret = ["password", "secret", "pem", "username"];

    /// <param name="properties">librdkafka's.</param>
    /// <returns>Those that librdkafka knows and takes; and the others that it knows, with what it has against their values. A secret is in no reason.</returns>
    public static (ImmutableSortedDictionary<string, string> Taken, ImmutableArray<(string Name, string Reason)> Refused) Of(IEnumerable<KeyValuePair<string, string>> properties)
    {
        var taken = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var refused = ImmutableArray.CreateBuilder<(string, string)>();
        var error = stackalloc byte[Librdkafka.ErrorTextLength];
        var conf = Librdkafka.NewConf();
        foreach (var (name, value) in properties)
        {
            var result = Librdkafka.SetConf(conf, name, value, error, Librdkafka.ErrorTextLength);
            if (result == Librdkafka.ConfInvalid) refused.Add((name, Secret.Any(s => name.Contains(s, StringComparison.Ordinal)) ? "librdkafka refuses the value" : NativeText.Read(error)));
            else if (result != Librdkafka.ConfUnknown) taken[name] = value;
        }
        Librdkafka.DestroyConf(conf);
        return (taken.ToImmutable(), refused.ToImmutable());
    }
}
