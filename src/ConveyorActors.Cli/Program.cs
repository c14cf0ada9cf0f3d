using ConveyorActors.Cli;

return await CommandLine.RunAsync(args, Terminal.OfThisProcess());
