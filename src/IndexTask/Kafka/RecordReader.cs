using System.Runtime.InteropServices;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka.Native;

namespace Ingestion.IndexTask.Kafka;

/// <summary>
/// Reads partitions from exact offsets. Consumer groups play no part: partitions are assigned, nothing is committed. One thread reads;
/// <see cref="Wake"/> may be called from any. Records point into librdkafka's buffers and are given back with the next read.
/// </summary>
internal sealed unsafe class RecordReader : IDisposable
{
    private const int BatchSize = 512;

    /// <summary>For each call that connects, and for all of them.</summary>
    private const int ConnectMillis = 1_000;

    private ILogger logger;
    private readonly StreamPartition[] partitions;
    private readonly string topic;
    private readonly Dictionary<nint, int[]> indexes = []; // librdkafka's topic to partition number to index
    private readonly Librdkafka.Message** batch = (Librdkafka.Message**)NativeMemory.Alloc(BatchSize, (nuint)sizeof(Librdkafka.Message*));
    private readonly Lock closing = new();
    private GCHandle self;
    private nint client;
    private nint queue;
    private int count;
    private bool isWoken;
    private nint lastTopic;
    private int[] lastIndexes = [];
    private Task connecting = Task.CompletedTask;

    /// <param name="properties">As from <see cref="ReaderProperties.For"/>.</param>
    /// <param name="topic">Of partitions that name none.</param>
    /// <param name="partitions">To be read; records refer to them by index.</param>
    /// <param name="logger">Receives librdkafka's log.</param>
    /// <exception cref="KafkaSettingException">A property's value is refused.</exception>
    public RecordReader(IReadOnlyDictionary<string, string> properties, string topic, IEnumerable<StreamPartition> partitions, ILogger logger)
    {
        this.logger = logger;
        this.topic = topic;
        this.partitions = [.. partitions];
        self = GCHandle.Alloc(this, GCHandleType.Weak);
        var conf = Librdkafka.NewConf();
        var error = stackalloc byte[Librdkafka.ErrorTextLength];
        foreach (var (name, value) in properties)
        {
            var result = Librdkafka.SetConf(conf, name, value, error, Librdkafka.ErrorTextLength);
            if (result == Librdkafka.ConfUnknown) KafkaLog.PropertyIgnored(logger, name);
            if (result == Librdkafka.ConfInvalid) throw Refused(conf, error);
        }
        Librdkafka.SetOpaque(conf, GCHandle.ToIntPtr(self));
        Librdkafka.SetLogCallback(conf, &OnLog);
        Librdkafka.SetErrorCallback(conf, &OnError);
        client = Librdkafka.New(Librdkafka.Consumer, conf, error, Librdkafka.ErrorTextLength);
        if (client == 0) throw Refused(conf, error);
        _ = Librdkafka.PollSetConsumer(client);
        queue = Librdkafka.ConsumerQueue(client);
    }

    /// <summary>What keeps the client from reading, until it reads again; null when all is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Its client is gone.</summary>
    internal bool IsDisposed => Volatile.Read(ref client) == 0;

    public KafkaRecord this[int index] => new(batch[index], IndexOf(batch[index]));

    /// <summary>Connects to the partitions' leaders ahead of <see cref="Assign"/>, in the background. What fails is left to the reading, which tries again and tells.</summary>
    public void BeginConnecting() => connecting = Task.Run(Connect);

    private void Connect()
    {
        var began = Environment.TickCount64;
        foreach (var named in partitions.GroupBy(p => p.Topic ?? topic))
        {
            var handle = Librdkafka.NewTopic(client, named.Key, 0);
            if (Librdkafka.Metadata(client, 0, handle, out var metadata, ConnectMillis) == 0) Librdkafka.DestroyMetadata(metadata);
            Librdkafka.DestroyTopic(handle);
            foreach (var partition in named)
            {
                if (Environment.TickCount64 - began > ConnectMillis) return;
                _ = Librdkafka.QueryWatermarkOffsets(client, named.Key, partition.Number, out _, out _, ConnectMillis);
            }
        }
    }

    /// <summary>From now on the client's log goes there.</summary>
    public void LogTo(ILogger log) => Volatile.Write(ref logger, log);

    /// <summary>Starts reading, or starts anew, at the offset given for each partition; a negative offset leaves the partition out.</summary>
    public void Assign(ReadOnlySpan<long> offsets)
    {
        Release();
        var list = Librdkafka.NewPartitionList(partitions.Length);
        for (var i = 0; i < partitions.Length; i++)
        {
            if (offsets[i] < 0) continue;
            var (name, number) = (partitions[i].Topic ?? topic, partitions[i].Number);
            Librdkafka.AddPartition(list, name, number);
            _ = Librdkafka.SetOffset(list, name, number, offsets[i]);
        }
        var error = Librdkafka.Assign(client, list);
        Librdkafka.DestroyPartitionList(list);
        if (error != 0) throw new InvalidOperationException($"the partitions could not be assigned: {NativeText.Read(Librdkafka.ErrorText(error))}");
    }

    /// <summary>Gives back the records of the read before and takes what has arrived, at most 512.</summary>
    /// <param name="waitMillis">How long to wait when nothing has.</param>
    /// <returns>The number of records; 0 after the wait or a <see cref="Wake"/>.</returns>
    public int Read(int waitMillis)
    {
        Release();
        // A batch call waits until the batch is full, which would hold records back: so wait for the first record alone.
        var read = Librdkafka.ConsumeBatch(queue, 0, batch, BatchSize);
        // The call before may have swallowed a wake-up, hence the flag.
        if (read == 0 && !Interlocked.Exchange(ref isWoken, false)) read = Librdkafka.ConsumeBatch(queue, waitMillis, batch, 1);
        count = (int)Math.Max(read, 0);
        if (count > 0 && Trouble is not null && batch[0]->Error is 0 or Librdkafka.PartitionEof)
        {
            KafkaLog.IsBack(logger);
            Trouble = null;
        }
        return count;
    }

    public void Wake()
    {
        Volatile.Write(ref isWoken, true);
        lock (closing)
            if (queue != 0) Librdkafka.Yield(queue);
    }

    public void Dispose()
    {
        if (client == 0) return;
        connecting.Wait(); // a client does not survive that it ends under a call
        Release();
        lock (closing)
        {
            Librdkafka.DestroyQueue(queue);
            queue = 0;
        }
        Librdkafka.Destroy(client, Librdkafka.DestroyWithoutClose); // there is no group to leave
        client = 0;
        self.Free();
        NativeMemory.Free(batch);
    }

    private void Release()
    {
        for (var i = 0; i < count; i++) Librdkafka.DestroyMessage(batch[i]);
        count = 0;
    }

    private int IndexOf(Librdkafka.Message* message)
    {
        if (message->Topic != lastTopic || lastTopic == 0) LearnTopic(message->Topic);
        var number = message->Partition;
        return (uint)number < (uint)lastIndexes.Length ? lastIndexes[number] : -1;
    }

    private void LearnTopic(nint handle)
    {
        lastTopic = handle;
        if (handle == 0) { lastIndexes = []; return; }
        if (indexes.TryGetValue(handle, out var known)) { lastIndexes = known; return; }
        var name = NativeText.Read(Librdkafka.TopicName(handle));
        var numbers = partitions.Where(p => (p.Topic ?? topic) == name).Select(p => p.Number).DefaultIfEmpty(-1).Max();
        lastIndexes = new int[numbers + 1];
        Array.Fill(lastIndexes, -1);
        for (var i = 0; i < partitions.Length; i++)
            if ((partitions[i].Topic ?? topic) == name) lastIndexes[partitions[i].Number] = i;
        indexes[handle] = lastIndexes;
    }

    private KafkaSettingException Refused(nint conf, byte* error)
    {
        Librdkafka.DestroyConf(conf);
        self.Free();
        NativeMemory.Free(batch);
        return new KafkaSettingException(NativeText.Read(error));
    }

    [UnmanagedCallersOnly]
    private static void OnLog(nint client, int level, byte* facility, byte* text)
    {
        if (GCHandle.FromIntPtr(Librdkafka.Opaque(client)).Target is RecordReader reader)
        {
            var kind = NativeText.Read(facility);
            // A broker that is away fails several times a second: OnError tells it once.
            var importance = level > 5 || kind is "FAIL" or "ERROR" ? LogLevel.Debug : level <= 3 ? LogLevel.Warning : LogLevel.Information;
            KafkaLog.FromClient(reader.logger, importance, kind, NativeText.Read(text));
        }
    }

    // Runs inside Read. Only the loss of all brokers keeps everything from being read; the rest is in the log.
    [UnmanagedCallersOnly]
    private static void OnError(nint client, int error, byte* text, nint opaque)
    {
        if (error != Librdkafka.AllBrokersDown || GCHandle.FromIntPtr(opaque).Target is not RecordReader reader) return;
        var reason = NativeText.Read(text);
        if (reader.Trouble is null) KafkaLog.IsAway(reader.logger, reason);
        reader.Trouble = $"Kafka cannot be reached: {reason}";
    }
}
