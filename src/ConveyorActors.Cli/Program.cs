using ConveyorActors.Cli;

var terminal = Terminal.OfThisProcess();
LastResort.Install(terminal);
return await CommandLine.RunAsync(args, terminal);
