using System.Net.Sockets;
using Akka.Actor.Setup;
using ConveyorActors.Actors;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Starts the actor system and the buffers, and converts possible failures to errors with exit codes.
/// </summary>
static class NodeStart
{
    /// <exception cref="NodeException">The address cannot be used, or the configuration is wrong.</exception>
    public static ActorSystem Create(NodeConfig given)
    {
        var config = Extensions.HasPbm ? Extensions.WithPbm(given.Config) : given.Config;
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        if (given.Tls is { } files)
            setup = setup.And(Tls.CreateSetup(files, Messages.Write));
        ErrorLogger.Hold();
        try
        {
            return ActorSystem.Create(given.System, setup);
        }
        catch (Exception failure) when (Find<SocketException>(failure) is { } socket)
        {
            var tcp = config.GetConfig("akka.remote.dot-netty.tcp");
            var (host, port) = (tcp.GetString("hostname", ""), tcp.GetInt("port", 0));
            throw new NodeException(
                ExitCodes.Address,
                socket.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse =>
                        $"port {port} of {host} is in use; choose another with --port, or end the program that uses it",
                    SocketError.AddressNotAvailable =>
                        $"{host} is not an address of this machine; --host must be one, or set akka.remote.dot-netty.tcp.bind-hostname to one",
                    SocketError.AccessDenied =>
                        $"port {port} needs more rights than this user has; choose one above 1023 with --port",
                    SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData =>
                        $"the name {host} has no address on this machine; --host must be a name or address of this machine",
                    _ => $"{host}:{port} cannot be used: {Messages.FormatOneLine(socket)}",
                },
                failure
            );
        }
        catch (Exception failure)
        {
            throw new NodeException(
                ExitCodes.Configuration,
                $"the actor system cannot start with this configuration: {Messages.FormatOneLine(failure)}",
                failure
            );
        }
    }

    /// <exception cref="NodeException">The configuration is wrong.</exception>
    public static ConveyorSystem StartBuffers(ActorSystem system)
    {
        try
        {
            return ConveyorSystem.Get(system);
        }
        catch (ConfigurationException wrong)
        {
            throw new NodeException(ExitCodes.Configuration, Messages.FormatOneLine(wrong), wrong);
        }
    }

    static T? Find<T>(Exception? failure)
        where T : Exception =>
        failure switch
        {
            null => null,
            T found => found,
            AggregateException many => many.InnerExceptions.Select(Find<T>).FirstOrDefault(f => f is not null),
            _ => Find<T>(failure.InnerException),
        };
}
