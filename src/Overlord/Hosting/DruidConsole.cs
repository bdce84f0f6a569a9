using Ingestion.Access.Http;
using Microsoft.Extensions.FileProviders;

namespace Ingestion.Overlord.Hosting;

/// <summary>Druid's web console, whose static files lie in a folder: <c>unified-console.html</c> and what it refers to. It looks which endpoints
/// there are: with an overlord alone it has the views of supervisors and tasks, and it adds the data loader where a Coordinator answers at the same address (Druid's Router).</summary>
internal static class DruidConsole
{
    private const string Page = "unified-console.html";

    /// <exception cref="FormatException">The console is not in that folder.</exception>
    public static void Check(string folder)
    {
        if (!File.Exists(Path.Combine(folder, Page))) throw new FormatException($"--console [{folder}] has no {Page}: the static files of Druid's web console are expected there");
    }

    public static void UseDruidConsole(this WebApplication app, string folder)
    {
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)) });
        app.MapGet("/", () => Results.Redirect(Page)).Needs(new Needs.Nothing());
    }
}
