using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>Services of a real Druid, started by the script that DRUID_START names, over a pipeline's database and deep storage.</summary>
internal sealed class Druid : IAsyncDisposable
{
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(4);

    private readonly string script;
    private readonly string folder;
    private readonly int basePort;
    private readonly IReadOnlyDictionary<string, Uri> addresses;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private Druid(string script, string folder, int basePort, IReadOnlyDictionary<string, Uri> addresses) => (this.script, this.folder, this.basePort, this.addresses) = (script, folder, basePort, addresses);

    /// <summary>Its ZooKeeper, with the path under which Druid keeps everything.</summary>
    public string ZooKeeper => $"127.0.0.1:{basePort}/druid";

    public static Task<Druid> StartAsync(Pipeline pipeline, params string[] services) => StartAsync(pipeline, [("DRUID_STORAGE", pipeline.Stack.DeepStorage)], services);

    /// <param name="pipeline">Whose database and deep storage it uses.</param>
    /// <param name="options">Of every service: <c>-Ddruid...</c>.</param>
    /// <param name="services">To start.</param>
    public static Task<Druid> StartAsync(Pipeline pipeline, IEnumerable<string> options, string[] services) =>
        StartAsync(pipeline, [("DRUID_STORAGE", pipeline.Stack.DeepStorage), ("DRUID_OPTS", string.Join(' ', options))], services);

    /// <param name="pipeline">Whose database it uses.</param>
    /// <param name="s3">Its deep storage.</param>
    /// <param name="services">To start.</param>
    public static Task<Druid> StartAsync(Pipeline pipeline, S3Server s3, params string[] services) => StartAsync(pipeline, [("DRUID_S3", new Uri(s3.Address, S3Server.Bucket).AbsoluteUri)], services);

    private static async Task<Druid> StartAsync(Pipeline pipeline, (string, string)[] environment, string[] services)
    {
        var script = Servers.DruidScript;
        Assert.SkipUnless(script is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        var folder = Path.Combine(pipeline.Folder, "druid");
        Directory.CreateDirectory(folder);
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(pipeline.ConnectionString);
        var url = $"jdbc:postgresql://{connection.Host}:{connection.Port}/{connection.Database}?user={connection.Username}";
        var (output, basePort) = ("", 0);
        for (var attempt = 1; output.Length == 0; attempt++)
        {
            try
            {
                basePort = Ports.Free(94);
                output = await RunAsync(script, ["start", folder, $"{basePort}", url, .. services], Path.Combine(folder, "start.log"), environment);
            }
            catch (InvalidOperationException)
            {
                await RunAsync(script, ["stop", folder], Path.Combine(folder, "stop.log")); // the services that did start
                if (attempt == 3) throw; // another test's server may have taken a port meanwhile, twice at most
            }
        }

        var addresses = output.Split('\n').Select(l => l.Split(' ')).Where(l => l is [_, var address] && address.StartsWith("http", StringComparison.Ordinal)).ToDictionary(l => l[0], l => new Uri(l[1]));
        return new Druid(script, folder, basePort, addresses);
    }

    /// <summary>Answers of a query; null while the broker cannot answer it, for example because it does not know the dataSource yet.</summary>
    public async Task<IReadOnlyList<JsonElement>?> SqlAsync(string query)
    {
        using var response = await http.PostAsJsonAsync(new Uri(addresses["broker"], "/druid/v2/sql"), new { query });
        return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<List<JsonElement>>() : null;
    }

    /// <summary>Answers of a native query; null while the broker cannot answer it.</summary>
    public async Task<IReadOnlyList<JsonElement>?> QueryAsync(JsonNode query)
    {
        using var response = await http.PostAsJsonAsync(new Uri(addresses["broker"], "/druid/v2"), query);
        return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<List<JsonElement>>() : null;
    }

    public Uri Address(string service) => addresses[service];

    public Task<JsonElement> GetAsync(string service, string path) => http.GetFromJsonAsync<JsonElement>(new Uri(addresses[service], path));

    /// <param name="accept">Which type of answer is asked for; null: none in particular.</param>
    /// <returns>Status and body.</returns>
    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string service, string path, string? body = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(addresses[service], path));
        if (accept is not null) request.Headers.Add("Accept", accept);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Whether its overlord leads; Druid answers with 404 while it does not.</summary>
    public async Task<bool> LeadsAsync()
    {
        using var response = await http.GetAsync(new Uri(addresses["overlord"], "/druid/indexer/v1/isLeader"));
        return response.IsSuccessStatusCode;
    }

    public string Log(string service) => File.ReadAllText(Path.Combine(folder, "log", $"{service}.log"));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await RunAsync(script, ["stop", folder], Path.Combine(folder, "stop.log"));
    }

    private static async Task<string> RunAsync(string script, IEnumerable<string> arguments, string logPath, params (string, string)[] environment)
    {
        await ServerScript.RunAsync(script, logPath, ScriptLimit, arguments, environment);
        return await File.ReadAllTextAsync(logPath);
    }
}
