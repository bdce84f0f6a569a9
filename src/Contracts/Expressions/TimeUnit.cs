namespace Ingestion.Contracts.Expressions;

/// <summary>What <c>timestamp_extract</c> takes out of a time.</summary>
public enum TimeUnit { Epoch, Millisecond, Second, Minute, Hour, Day, Dow, Isodow, Doy, Week, Month, Quarter, Year, Isoyear, Decade, Century, Millennium }
