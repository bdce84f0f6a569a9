using System.Runtime.InteropServices;
using System.Text;

namespace Ingestion.Embedded;

/// <summary>librdkafka's built-in mock cluster (rdkafka_mock.h) as a process that others can connect to: one broker, 4 partitions a topic, topics
/// made on first use, about 5 MB kept per partition.</summary>
internal static partial class DevBroker
{
    /// <summary>What the process prints before its bootstrap address.</summary>
    public const string Ready = "dev broker at ";
    private const int Producer = 0;

    public static async Task<int> RunAsync(CancellationToken stop)
    {
        var error = new byte[512];
        var conf = ConfNew();
        if (ConfSet(conf, "test.mock.num.brokers", "1", error, error.Length) != 0) throw new InvalidOperationException(Text(error));
        var client = New(Producer, conf, error, error.Length);
        if (client == 0) throw new InvalidOperationException(Text(error));
        Console.WriteLine(Ready + Marshal.PtrToStringUTF8(MockClusterBootstraps(HandleMockCluster(client))));
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Destroy(client);
        return 0;
    }

    private static string Text(byte[] error) => Encoding.UTF8.GetString(error).TrimEnd('\0');

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_conf_new")]
    private static partial nint ConfNew();

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ConfSet(nint conf, string name, string value, byte[] error, nint errorSize);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint conf, byte[] error, nint errorSize);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_handle_mock_cluster")]
    private static partial nint HandleMockCluster(nint client);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint MockClusterBootstraps(nint cluster);

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint client);
}
