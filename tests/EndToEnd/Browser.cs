using Ingestion.Embedded;
using Microsoft.Playwright;

namespace Ingestion.EndToEnd;

/// <summary>A page in a headless Chromium, driven by Playwright. What goes wrong in the page is kept.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "chromium";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly List<string> errors = [];

    private Browser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        (this.playwright, this.browser, Page) = (playwright, browser, page);
        page.PageError += (_, error) => errors.Add(error);
        page.Response += (_, response) =>
        {
            if (response.Status >= 500) errors.Add($"{response.Status} {response.Request.Method} {response.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>Exceptions of the page's scripts, and answers of 500 and above.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>Skips the test where there is no Chromium.</summary>
    public static async Task<Browser> StartAsync()
    {
        var path = SearchPath.Find(Program);
        Assert.SkipUnless(path is not null, $"needs a browser: there is no {Program}, which eng/setup installs");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = ["--no-sandbox"] }); // root has no sandbox
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1_600, Height = 1_000 } });
        page.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        return new Browser(playwright, browser, page);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
