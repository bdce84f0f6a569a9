using System.Net.Sockets;
using System.Text;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What the command line asks for. Exit code 0: done; 1: it went wrong; 2: it was not understood.</summary>
internal static class Commands
{
    public static async Task<int> Run(string[] arguments, Stream output, TextWriter errors)
    {
        try
        {
            if (arguments.Any(a => a is "--help" or "-h"))
            {
                await output.WriteAsync(Encoding.UTF8.GetBytes(WorkerOptions.Usage + Environment.NewLine));
                return 0;
            }
            return arguments is ["dump-segment", ..] ? await SegmentDump.RunAsync(arguments[1..], output, errors) : await Worker.Run(arguments, output);
        }
        catch (FormatException problem)
        {
            await errors.WriteLineAsync($"worker: {problem.Message}\n{WorkerOptions.Usage}");
            return 2;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or SocketException)
        {
            await errors.WriteLineAsync($"worker: {problem.Message}");
            return 1;
        }
    }
}
