using Ingestion.IndexTask.Hosting;

using var output = Console.OpenStandardOutput();
return await Commands.Run(args, output, Console.Error);
