using BenchmarkDotNet.Running;
using ConveyorActors.Benchmarks.Akka;
using ConveyorActors.Benchmarks.Http;

// `akka [SECONDS]`: the actors and streams beside their rivals, in the tables of `conveyor bench`. `http [SECONDS]`:
// records over HTTP beside a resource that only counts the same lines. Anything else is for BenchmarkDotNet.
if (args is ["akka", ..])
    return await AkkaBench.RunAsync(
        args.Length > 1 && int.TryParse(args[1], out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.FromSeconds(40)
    );
if (args is ["http", ..])
    return await HttpBench.RunAsync(
        args.Length > 1 && int.TryParse(args[1], out var limit) ? TimeSpan.FromSeconds(limit) : TimeSpan.FromSeconds(30)
    );
BenchmarkSwitcher.FromAssembly(typeof(AkkaBench).Assembly).Run(args);
return 0;
