using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Ingestion.Embedded;

/// <summary>The few calls to an overlord that the demo, the tests and the benches make.</summary>
public sealed class OverlordClient : IDisposable
{
    private readonly HttpClient http;

    /// <param name="http">With credentials and the authorities to trust, where the overlord wants them; disposed with this. Null: it wants none.</param>
    public OverlordClient(Uri address, HttpClient? http = null)
    {
        (Address, this.http) = (address, http ?? new HttpClient());
        (this.http.BaseAddress, this.http.Timeout) = (address, TimeSpan.FromSeconds(30));
    }

    public Uri Address { get; }

    /// <exception cref="HttpRequestException">Refused; the message has the answer.</exception>
    public async Task PostSpecAsync(string spec)
    {
        using var response = await http.PostAsync("/druid/indexer/v1/supervisor", new StringContent(spec, Encoding.UTF8, "application/json"));
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"the spec was refused with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>The payload of the supervisor's status.</summary>
    public async Task<JsonElement> StatusAsync(string supervisor) =>
        (await http.GetFromJsonAsync<JsonElement>($"/druid/indexer/v1/supervisor/{supervisor}/status")).GetProperty("payload");

    public Task<JsonElement> GetAsync(string path) => http.GetFromJsonAsync<JsonElement>(path);

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => http.Dispose();
}
