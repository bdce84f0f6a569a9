using System.Globalization;
using Ingestion.Embedded;

namespace Ingestion.Support;

/// <summary>A real S3-compatible server (npm's s3rver, installed by eng/setup) with one bucket, over a folder of its own.</summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Bucket = "druid", AccessKey = "S3RVER", SecretKey = "S3RVER"; // the one pair that s3rver knows
    private const string Node = "node", Ready = "S3rver listening";
    private readonly string folder;
    private readonly int port = Ports.Free();
    private ChildProcess? process;

    private S3Server(string folder) => this.folder = folder;

    public Uri Address => new($"http://127.0.0.1:{port}");

    /// <summary>Of <c>accessKey=</c> and <c>secretKey=</c>.</summary>
    public string CredentialFile => Path.Combine(folder, "credentials");

    /// <summary>As a worker's command line has them.</summary>
    public IReadOnlyList<string> Options =>
        ["--druid.s3.endpoint.url", Address.ToString(), "--druid.s3.enablePathStyleAccess", "true", "--druid.s3.fileSessionCredentials", CredentialFile];

    /// <summary>Why there is none; null: there is one.</summary>
    public static string? Missing => Program is null ? "needs the S3 server s3rver, which eng/setup fetches with npm: see .run/setup.log" : null;

    public static async Task<S3Server> StartAsync(string folder)
    {
        var server = new S3Server(folder);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(server.CredentialFile, $"accessKey={AccessKey}\nsecretKey={SecretKey}\n");
        await server.RestartAsync();
        return server;
    }

    /// <summary>SIGKILL; what is stored stays.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        await process.KillAsync();
        await process.DisposeAsync();
        process = null;
    }

    /// <summary>Starts it, again on the same port.</summary>
    public async Task RestartAsync() => (process, _) = await ChildProcess.StartAsync(Node,
        [Program!, "--directory", Path.Combine(folder, "data"), "--address", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--no-vhost-buckets", "--silent", "--configure-bucket", Bucket],
        Path.Combine(folder, "s3.log"), Ready);

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await process.DisposeAsync();
    }

    private static string? Program => Path.Combine(Repository.Root, ".run", "s3-server", "node_modules", "s3rver", "bin", "s3rver.js") is var path && File.Exists(path) ? path : null;
}
