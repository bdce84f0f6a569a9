using System.IO.Compression;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>A segment as Druid keeps it in object stores: a zip of its files, without folders and by name (<c>CompressionUtils.zip</c>). Made in the work folder;
/// disposing removes it.</summary>
internal sealed class SegmentZip : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private readonly string folder;
    private readonly ILogger logger;

    private SegmentZip(string folder, ILogger logger) => (this.folder, this.logger) = (folder, logger);

    public string FullPath => Path.Combine(folder, "index.zip");

    /// <summary>Bytes of the segment's files, which is what Druid calls the segment's size.</summary>
    public long FilesSize { get; private set; }

    /// <exception cref="IOException">The disk is full, or the folder cannot be written; nothing is left behind.</exception>
    public static SegmentZip Write(string workFolder, SegmentContent content, ILogger logger, CancellationToken cancellation)
    {
        var zip = new SegmentZip(Path.Combine(workFolder, $"push-{Guid.NewGuid():N}"), logger);
        try
        {
            var files = Path.Combine(zip.folder, "index");
            Directory.CreateDirectory(files);
            zip.FilesSize = SegmentWriter.Write(files, content, cancellation);
            using var archive = new ZipArchive(new FileStream(zip.FullPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferBytes), ZipArchiveMode.Create);
            foreach (var file in Directory.EnumerateFiles(files).Order(StringComparer.Ordinal).ToList())
            {
                Add(archive, file, cancellation);
                File.Delete(file); // at no time is all of it on the disk twice
            }
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            PublishLog.DeleteFails(logger, folder, problem);
        }
    }

    // Druid's level would cost more than reading the events did (README).
    private static void Add(ZipArchive archive, string file, CancellationToken cancellation)
    {
        using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var target = archive.CreateEntry(Path.GetFileName(file), CompressionLevel.Fastest).Open();
        var buffer = new byte[BufferBytes];
        for (int read; (read = source.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            target.Write(buffer, 0, read);
        }
    }
}
