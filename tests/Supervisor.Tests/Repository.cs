namespace Ingestion.Supervisor.Tests;

/// <summary>The checked-out repository that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static readonly string Root = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ingestion.sln"))) folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not within the repository");
        return folder.FullName;
    }
}
