using BenchmarkDotNet.Running;
using ConveyorActors.Benchmarks.Akka;

// `akka [SECONDS]`: the actors and streams beside their rivals, in the tables of `conveyor bench`. Anything else is for BenchmarkDotNet.
if (args is ["akka", ..]) return await AkkaBench.RunAsync(args.Length > 1 && int.TryParse(args[1], out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromSeconds(40));
BenchmarkSwitcher.FromAssembly(typeof(AkkaBench).Assembly).Run(args);
return 0;
