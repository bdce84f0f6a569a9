using Ingestion.Overlord.Stream;

namespace Ingestion.Overlord.Tests.Stream;

public sealed class ConsumerPropertyCheckTests
{
    [Fact]
    public void Librdkafka_is_asked_about_values_and_names_and_tells_no_secret()
    {
        var (taken, refused) = ConsumerPropertyCheck.Of(new Dictionary<string, string> { ["fetch.min.bytes"] = "many", ["security.protocol"] = "tls", ["no.such"] = "1", ["client.rack"] = "a", ["ssl.ca.pem"] = "x" });
        Assert.Equal(["client.rack", "ssl.ca.pem"], taken.Keys);
        Assert.Equal(["fetch.min.bytes", "security.protocol"], refused.Select(r => r.Name));
        Assert.All(refused, r => Assert.Contains(r.Name, r.Reason, StringComparison.Ordinal));
    }
}
