using System.Text;

namespace Ingestion.Overlord.Commands;

internal static class SpecFile
{
    /// <param name="file">A path, or <c>-</c>: the standard input.</param>
    /// <exception cref="CommandFailure">It cannot be read.</exception>
    public static async Task<byte[]> ReadAsync(string file, Terminal terminal, CancellationToken stop)
    {
        if (file == "-") return Encoding.UTF8.GetBytes(await terminal.Input.ReadToEndAsync(stop));
        try { return await File.ReadAllBytesAsync(file, stop); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CommandFailure.Usage($"the spec cannot be read: {e.Message}"); }
    }
}
