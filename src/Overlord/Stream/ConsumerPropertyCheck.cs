using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Ingestion.Contracts.Stream;

namespace Ingestion.Overlord.Stream;

/// <summary>Asks librdkafka itself about properties, without making a client (rd_kafka_conf_set).</summary>
internal static partial class ConsumerPropertyCheck
{
    private const string Library = "librdkafka";
    private const int Unknown = -2, Invalid = -1, ErrorTextLength = 512;
    private static readonly string[] Private = ["pem", "username"]; // no secrets, and yet for no error

    /// <param name="properties">librdkafka's.</param>
    /// <returns>Those that librdkafka knows and takes; and the others that it knows, with what it has against their values. A secret is in no reason.</returns>
    public static (ImmutableSortedDictionary<string, string> Taken, ImmutableArray<(string Name, string Reason)> Refused) Of(IEnumerable<KeyValuePair<string, string>> properties)
    {
        var taken = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var refused = ImmutableArray.CreateBuilder<(string, string)>();
        var error = new byte[ErrorTextLength];
        var conf = NewConf();
        foreach (var (name, value) in properties)
        {
            var result = SetConf(conf, name, value, error, ErrorTextLength);
            if (result == Invalid) refused.Add((name, ConsumerSecrets.IsSecret(name) || Private.Any(s => name.Contains(s, StringComparison.Ordinal)) ? "librdkafka refuses the value" : Encoding.UTF8.GetString(error.AsSpan(0, error.AsSpan().IndexOf((byte)0)))));
            else if (result != Unknown) taken[name] = value;
        }
        DestroyConf(conf);
        return (taken.ToImmutable(), refused.ToImmutable());
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")] private static partial nint NewConf();
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_destroy")] private static partial void DestroyConf(nint conf);
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)] private static partial int SetConf(nint conf, string name, string value, [Out] byte[] error, nuint errorLength);
}
