def write_processes(program):
    raise NotImplementedError
