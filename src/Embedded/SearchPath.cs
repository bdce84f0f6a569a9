namespace Ingestion.Embedded;

/// <summary>The folders of the variable PATH.</summary>
internal static class SearchPath
{
    public static string[] Folders => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    public static bool Has(string program) => Folders.Any(folder => File.Exists(Path.Combine(folder, program)));
}
