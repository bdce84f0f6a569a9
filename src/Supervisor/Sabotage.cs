namespace Ingestion.Supervisor;

/// <summary>Rules that the simulation takes out, one at a time, to show that it would notice (tests/Simulation/SafeguardTests.cs). Nothing else ever sets them. By
/// thread, because worlds run side by side.</summary>
internal static class Sabotage
{
    /// <summary>A reading task is adopted wherever it began.</summary>
    [ThreadStatic] public static bool AdoptsAnyStart;

    /// <summary>Groups go on although one before them can no longer publish.</summary>
    [ThreadStatic] public static bool LaterGroupsGoOn;
}
