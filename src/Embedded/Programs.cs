namespace Ingestion.Embedded;

/// <summary>The project's own programs, found beside the one that runs: all are built into <c>artifacts/bin/PROJECT/CONFIGURATION</c>.</summary>
public static class Programs
{
    public static string Overlord => PathOf("Overlord", "overlord");
    public static string Worker => PathOf("IndexTask", "worker");
    public static string Embedded => PathOf("Embedded", "embedded");

    private static string PathOf(string project, string program)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.GetFullPath(Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, program));
        return File.Exists(path) ? path : throw new FileNotFoundException($"{program} has not been built: {path}");
    }
}
